/** Secrets that no repository or package should contain. */
const patterns: Readonly<Record<string, RegExp>> = {
  "a private key": /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\\?\n?[\w+/=\\\s]{64,}/,
  "a signed token": /\beyJ[\w-]{8,}\.eyJ[\w-]{16,}\.[\w-]{32,}/,
  "a key of a cloud": /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{35}\b/,
  "a token of a forge or registry":
    /\b(?:gh[pousr]_\w{36}|github_pat_\w{22,}|glpat-[\w-]{20}|npm_[A-Za-z0-9]{36}|xox[abprs]-[\w-]{10,})/,
  "a password in a URL":
    /\b(?:postgres(?:ql)?|mysql|mongodb|redis|amqp|https?):\/\/[^\s:/@"'`$<{]+:(?!\$|password@)([^\s@"'`]{6,})@/,
  "a value that looks made at random":
    /\b\w*(?:SECRET|PASSWORD|TOKEN|API_?KEY)\w*["']?\s*[:=]\s*["']?([0-9a-f]{32,}|[A-Za-z0-9+/]{40,}={0,2})\b/i,
};

/** Returns the kind and line of each secret in a text, never the secret itself. */
export function secretsIn(text: string): string[] {
  return Object.entries(patterns).flatMap(([kind, pattern]) => {
    const found = pattern.exec(text);
    return found === null ? [] : [`line ${text.slice(0, found.index).split("\n").length}: ${kind}`];
  });
}
