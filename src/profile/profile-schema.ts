import type {JsonSchema} from './codec.ts';
import type {DeviceFormat} from './device-format.ts';
import {profileKeys} from './keys.ts';
import {sectionOf} from './sections.ts';

/** JSON Schema (draft 2020-12) of the profile file, for editors. It is as strict as a schema can be; the program itself checks more. */
export const profileSchema = (formats: readonly DeviceFormat[]): JsonSchema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Profile of vfio-pilot',
  ...sectionOf(profileKeys('profile', formats), () => null).schema,
});
