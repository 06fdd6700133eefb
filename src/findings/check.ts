/** One line of `vfio-pilot check`: a fact about the host, judged, with what a person can do about it. */
export type Check = {
  /** Kebab case, stable: `iommu-active`. */
  readonly id: string;
  readonly status: 'ok' | 'info' | 'warning' | 'error';
  readonly title: string;
  /** What was read, and from where. */
  readonly fact: string;
  /** `null` where nothing is to do. */
  readonly remedy: string | null;
};

/** Makes checks of one subject: `const {ok, error} = about('iommu-active', 'IOMMU')`. */
export const about = (id: string, title: string) => {
  const make =
    (status: Check['status']) =>
    (fact: string, remedy: string | null = null): Check => ({id, status, title, fact, remedy});
  return {ok: make('ok'), info: make('info'), warning: make('warning'), error: make('error')} as const;
};

/** `1 error`, `2 warnings`, `3 ok`. */
export const describeCount = (status: Check['status'], count: number): string =>
  `${count} ${status}${(status === 'error' || status === 'warning') && count !== 1 ? 's' : ''}`;
