/** How much is taken at once. Servers and pages read the same table: what is too much is said beside the control, not dropped. */
export const LIMITS = {
  /** runs and projects that one stream of news follows */
  followed: 60,
  /** runs side by side */
  compared: 500,
  /** fronts overlaid */
  overlaid: 200,
  /** metrics of one answer: charts of a page */
  metrics: 200,
  /** metrics that a project pins: more would be no choice */
  pinned: 50,
  /** names of metrics that are offered */
  metricNames: 5000,
  /** letters of a filter */
  filter: 2000,
  /** letters of a list that stands in an address; a longer one is kept by the server, under an id */
  listInUrl: 2000,
  /** letters of a list that the server keeps, or that is asked about */
  list: 200_000,
  /** letters of a question in an address: servers and proxies between take about 8,000 */
  url: 6000,
} as const;
