const day = 86_400_000;
const minute = 60_000;

/**
 * Replaces what is new in every run: ids, tokens, cursors and instants. What is replaced is numbered by its first
 * appearance, so the comparison still sees whether two of them are the same.
 */
export class Placeholders {
  readonly #numbers = new Map<string, Map<string, number>>();

  /** Returns a copy of JSON that is the same in every run. Instants and UUIDs are numbered within one answer. */
  of(value: unknown, now: number): unknown {
    return this.#value(value, "", { now, instants: new Map(), uuids: new Map(), asked: false });
  }

  /** Does the same for a request. Its tokens may be forged, so their claims are left out. */
  ofRequest(value: unknown, now: number): unknown {
    return this.#value(value, "", { now, instants: new Map(), uuids: new Map(), asked: true });
  }

  #value(value: unknown, key: string, scope: Scope): unknown {
    if (typeof value === "string") return this.#text(value, scope);
    if (typeof value === "number") return steadyNumber(value, key);
    if (Array.isArray(value)) return value.map((item) => this.#value(item, key, scope));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [this.#text(name, scope), this.#value(member, name, scope)]),
    );
  }

  #text(text: string, scope: Scope): string {
    const replaced = text
      .replace(/eyJ[\w-]*\.[\w-]*(?:\.[\w-]*)?/g, (token) => this.#token(token, scope))
      .replace(/(?<![\w-])WzEs[\w-]+/g, (cursor) => this.#cursor(cursor, scope))
      .replace(/(?<![\w-])[\w-]{80}(?![\w-])/g, (cursor) => this.#number("event cursor", cursor))
      // Refresh tokens, and all else that is made of 32 random bytes.
      .replace(/(?<![\w-])[\w-]{43}(?![\w-])/g, (token) => this.#number("random text", token))
      .replace(uuid, (id) => `<uuid ${numberIn(scope.uuids, id)}>`);
    return shortened(this.#idsAndInstants(replaced, scope));
  }

  #idsAndInstants(text: string, scope: Scope): string {
    return text
      .replace(/(user|session|post)_[0-7][0-9a-hjkmnp-tv-z]{25}/gi, (id, kind: string) => this.#number(kind, id))
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, (instant) => steadyInstant(instant, scope));
  }

  #token(token: string, scope: Scope): string {
    const number = this.#number("token", token);
    if (scope.asked) return number;
    const [header, claims] = token.split(".").map((part) => Buffer.from(part, "base64url").toString());
    try {
      const { iat, exp, jti: _, ...others } = JSON.parse(claims!);
      const told = { ...others, lifetime: exp - iat, claims: Object.keys(JSON.parse(claims!)).join(" ") };
      return this.#idsAndInstants(`${number} ${header} ${JSON.stringify(told)}`, scope);
    } catch {
      return number;
    }
  }

  #cursor(cursor: string, scope: Scope): string {
    const decoded = Buffer.from(cursor, "base64url")
      .toString()
      .replace(/\b1[78]\d{11}\b/, "<instant>");
    return `<cursor ${this.#idsAndInstants(decoded, scope)}>`;
  }

  #number(kind: string, text: string): string {
    let numbers = this.#numbers.get(kind);
    if (numbers === undefined) this.#numbers.set(kind, (numbers = new Map()));
    return `<${kind} ${numberIn(numbers, text)}>`;
  }
}

type Scope = {
  readonly now: number;
  readonly instants: Map<string, number>;
  readonly uuids: Map<string, number>;
  readonly asked: boolean;
};

const uuid = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g;

function numberIn(numbers: Map<string, number>, text: string): number {
  const number = numbers.get(text) ?? numbers.size + 1;
  numbers.set(text, number);
  return number;
}

/** Says roughly how far ahead an instant is. One that is far from now was named by a request, and stays. */
function steadyInstant(instant: string, { now, instants }: Scope): string {
  const ahead = Date.parse(instant) - now;
  if (Math.abs(ahead) > 400 * day) return instant;
  // The end of a token is in whole seconds, so chance decides whether two of them are the same.
  if (ahead > 5 * minute && ahead < day / 2) return `<instant in ${Math.round(ahead / (10 * minute)) * 10} min>`;
  const number = numberIn(instants, instant);
  return ahead > day / 2 ? `<instant ${number} in ${Math.round(ahead / day)} d>` : `<instant ${number}>`;
}

/** Seconds that are left are rounded up, under an alias too if they are half an hour less a second. */
function steadyNumber(value: number, key: string): number {
  if (["expiresIn", "retryAfterSeconds", "retry-after"].includes(key)) return roundedUp(value);
  return value === 1799 ? 1800 : value;
}

/** Rounds seconds up to what a busy machine can't miss. */
export function roundedUp(seconds: number): number {
  const step = seconds > 600 ? 100 : 30;
  return Math.ceil(seconds / step) * step;
}

const longest = 2000;

/** Returns a short text as it is, and of a long one its beginning, its length and a checksum. */
function shortened(text: string): string {
  if (text.length <= longest) return text;
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) sum = (Math.imul(sum, 31) + text.charCodeAt(at)) | 0;
  return `${text.slice(0, 200)} … ${text.length} characters, checksum ${sum}`;
}
