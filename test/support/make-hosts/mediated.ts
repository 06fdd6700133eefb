import {directory, type Entries, file, relativeLink, value} from './entries.ts';

/** A type of mediated device as the kernel lists it (drivers/vfio/mdev/mdev_sysfs.c). */
export type TypeSpec = {
  /** Name of its directory. */
  readonly id: string;
  readonly name: string;
  /** None where the driver has none. */
  readonly description?: string;
  readonly available: number;
  readonly api?: string;
};

/** One that is there: its UUID and type. */
export type SliceSpec = {readonly uuid: string; readonly type: string};

/** A device whose driver makes slices: `name` in sysfs, at `base`. */
export const mediatedEntries = (
  name: string,
  base: string,
  types: readonly TypeSpec[],
  slices: readonly SliceSpec[] = [],
): Entries => [
  relativeLink(`/sys/class/mdev_bus/${name}`, base),
  ...types.flatMap((type) => typeEntries(`${base}/mdev_supported_types/${type.id}`, type)),
  ...slices.flatMap(({uuid, type}) => [
    relativeLink(`/sys/bus/mdev/devices/${uuid}`, `${base}/${uuid}`),
    relativeLink(`${base}/${uuid}/mdev_type`, `${base}/mdev_supported_types/${type}`),
    relativeLink(`${base}/mdev_supported_types/${type}/devices/${uuid}`, `${base}/${uuid}`),
    file(`${base}/${uuid}/remove`, '', 0o200),
  ]),
];

const typeEntries = (own: string, {name, description, available, api = 'vfio-pci'}: TypeSpec): Entries => [
  file(`${own}/create`, '', 0o200),
  value(`${own}/device_api`, api),
  value(`${own}/available_instances`, available),
  value(`${own}/name`, name),
  ...(description === undefined ? [] : [file(`${own}/description`, `${description}\n`, 0o444)]),
  directory(`${own}/devices`),
];

/** NVIDIA's one line of a type. */
export const nvidiaType = (
  number: number,
  name: string,
  {mebibytes, most, available}: {readonly mebibytes: number; readonly most: number; readonly available: number},
): TypeSpec => ({
  id: `nvidia-${number}`,
  name,
  description: `num_heads=4, frl_config=60, framebuffer=${mebibytes}M, max_resolution=5120x2880, max_instance=${most}`,
  available,
});
