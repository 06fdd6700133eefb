/** How a command that the wizard tells has to be typed so that it works on the root that the wizard works on. */
export type CommandStyle = {
  /** `sudo ` where writing needs it, else nothing. */
  readonly sudo: string;
  /** ` --root DIR`, quoted for a shell; nothing for this machine. */
  readonly flags: string;
};

export const isThisMachine = ({flags}: CommandStyle): boolean => flags === '';

/** A command that only reads what every user may read. */
export const tellReading = ({flags}: CommandStyle, words: string): string => `vfio-pilot ${words}${flags}`;

/** A command that writes, or reads what only root may read. */
export const tellWriting = (style: CommandStyle, words: string): string => `${style.sudo}${tellReading(style, words)}`;
