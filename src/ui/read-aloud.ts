/** Whether a screen reader reads what is drawn; as Ink itself asks. */
export const isReadAloud = (environment: Readonly<Record<string, string | undefined>>): boolean =>
  environment['INK_SCREEN_READER'] === 'true';
