import {defineConfig} from 'vitest/config';
import base from '../../vitest.config.ts';

const {projects: _, ...settings} = base.test ?? {};

/** The tests of one area in one project, as Stryker wants it. */
export default defineConfig({
  plugins: base.plugins ?? [],
  test: {...settings, reporters: ['dot'], include: (process.env['VFIO_PILOT_FAULT_TESTS'] ?? '').split(' ')},
});
