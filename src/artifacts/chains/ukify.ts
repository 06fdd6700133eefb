import type {GeneratedArtifact} from '../artifact.ts';

/**
 * A unified image of a kernel in /boot and of its initramfs, which is made anew before it (systemd: ukify(1), `build` since
 * 254). For systems that make no unified image by themselves.
 */
export const renderUkify = (initramfs: GeneratedArtifact, release: string, path: string, commandLine: string): GeneratedArtifact => ({
  kind: 'generated',
  path,
  argv: [program, 'build', `--linux=/boot/vmlinuz-${release}`, `--initrd=${initramfs.path}`, `--cmdline=${commandLine}`, '--os-release=@/etc/os-release', `--uname=${release}`, '--output={output}'],
  validations: [{kind: 'size', minimumRatio: 0.5}],
  triggers: initramfs.triggers,
  timeoutSeconds: 300,
  why: initramfs.why,
});

const program = '/usr/bin/ukify';

export const isUkify = ({argv}: GeneratedArtifact): boolean => argv[0] === program;
