/** Files are spelled as their makers liked; with or without compression behind it, so only the beginning is looked for. */
const moduleFiles: Readonly<Record<string, readonly string[]>> = {
  vfio: ['/vfio.ko'],
  vfio_pci: ['/vfio-pci.ko'],
  vfio_iommu_type1: ['/vfio_iommu_type1.ko'],
};

/** What a listing of the image must show for these modules. */
export const expectedModuleFiles = (modules: readonly string[]): readonly string[] =>
  modules.flatMap((module) => moduleFiles[module.replaceAll('-', '_')] ?? []);
