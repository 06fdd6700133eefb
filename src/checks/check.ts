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
