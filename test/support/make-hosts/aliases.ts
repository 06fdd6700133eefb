/** Lines of modules.alias as depmod writes them, for the functions that the fixtures have. */
const always = [
  'alias pci:v000010DEd*sv*sd*bc03sc00i00* nouveau',
  'alias pci:v000010DEd*sv*sd*bc03sc02i00* nouveau',
  'alias pci:v*d*sv*sd*bc04sc03i00* snd_hda_intel',
  'alias pci:v000014E4d00001639sv*sd*bc*sc*i* bnx2',
  'alias pci:v00008086d00001521sv*sd*bc*sc*i* igb',
  'alias pci:v000010ECd00008168sv*sd*bc*sc*i* r8169',
  'alias pci:v00001000d00000060sv*sd*bc*sc*i* megaraid_sas',
  'alias pci:v0000102Bd00000532sv*sd*bc*sc*i* mgag200',
  'alias pci:v00001002d00006611sv*sd*bc*sc*i* radeon',
  'alias pci:v00001002d000067DFsv*sd*bc*sc*i* amdgpu',
  'alias pci:v00008086d0000016Asv*sd*bc03sc*i* i915',
  'alias pci:v00008086d00003E9Bsv*sd*bc03sc*i* i915',
  'alias pci:v*d*sv*sd*bc01sc08i02* nvme',
];

export const focalAliases = [...always, 'alias pci:v*d*sv*sd*bc01sc06i01* ahci'];

/** `vfio_pci:` aliases exist since 5.16; mlx5_vfio_pci is a variant that only its own devices get. */
export const modernAliases = [
  ...always,
  'alias pci:v*d*sv*sd*bc0Csc03i30* xhci_pci',
  'alias pci:v*d*sv*sd*bc01sc06i01* ahci',
  'alias pci:v000010DEd*sv*sd*bc0Csc80i00* i2c_nvidia_gpu',
  'alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci',
  'alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci',
];
