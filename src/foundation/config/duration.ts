const secondsOfUnit = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/**
 * Returns the seconds of a duration such as `90s`, `30m`, `12h` or `90d`; undefined for anything else, including a
 * number without a unit.
 */
export function parseDurationSeconds(text: string): number | undefined {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * secondsOfUnit[match[2] as keyof typeof secondsOfUnit];
}

/** Writes seconds as the shortest duration: 1800 is `30m`. */
export function formatDuration(seconds: number): string {
  const units = Object.entries(secondsOfUnit).toReversed();
  const [unit, length] = units.find(([, inUnit]) => seconds >= inUnit && seconds % inUnit === 0) ?? ["s", 1];
  return `${seconds / length}${unit}`;
}
