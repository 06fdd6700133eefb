type Rule = {readonly allow: boolean; readonly match: ReadonlyMap<string, number>};

export const readRules: (text: string, isOld?: boolean) => readonly Rule[];

export const isOffered: (
  rules: readonly Rule[],
  device: {
    readonly vid: string | undefined;
    readonly pid: string | undefined;
    readonly rel: string | null;
    readonly interfaces: readonly (readonly string[])[];
  },
) => boolean;
