declare module "sqlstring-sqlite" {
  const sqlstring: {
    /** Writes a value as a literal of SQLite. */
    readonly escape: (value: unknown, stringifyObjects: boolean, timezone: string | undefined) => string;
  };
  export default sqlstring;
}
