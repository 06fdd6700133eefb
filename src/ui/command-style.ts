/** How a command has to be typed so that it works on the root that the wizard works on. */
export type CommandStyle = {
  /** How the program was started, `npx vfio-pilot`. */
  readonly program: string;
  /** `sudo ` where writing needs it, else nothing. */
  readonly sudo: string;
  /** ` --root DIR`, quoted for a shell; nothing for this machine. */
  readonly flags: string;
};

export const isThisMachine = ({flags}: CommandStyle): boolean => flags === '';

/** A command that only reads what every user may read. */
export const readingCommand = ({program, flags}: CommandStyle, words: string): string => `${program} ${words}${flags}`;

/** A command that writes, or reads what only root may read. */
export const writingCommand = (style: CommandStyle, words: string): string =>
  `${style.sudo}${readingCommand(style, words)}`;
