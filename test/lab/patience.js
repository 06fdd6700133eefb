/** Limits are given for a quiet machine; next to other work an emulator takes several times as long. */
export const patience = Number(process.env.VFIO_PILOT_LAB_PATIENCE ?? 4);
