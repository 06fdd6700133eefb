export const captureOnStandIn: (programs: string, text: string) => string;

export const scriptOnStandIn: (programs: string, text: string) => string;
