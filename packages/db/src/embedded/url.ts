/** Of the database and of its only user. */
export const NAME = "uniarm";

export const urlOf = (port: number, password: string): string =>
  `postgresql://${NAME}:${encodeURIComponent(password)}@127.0.0.1:${port}/${NAME}`;
