/** Where the program keeps the journals of its runs; only root may look into it. */
export const stateDirectory = '/var/lib/vfio-pilot';
export const journalRoot = `${stateDirectory}/journal`;
export const journalDirectory = (id: string): string => `${journalRoot}/${id}`;
export const journalFile = (id: string): string => `${journalDirectory(id)}/journal.json`;
/** What the guest of this run takes from the host. */
export const guestRecordFile = (id: string): string => `${journalDirectory(id)}/guest.json`;
