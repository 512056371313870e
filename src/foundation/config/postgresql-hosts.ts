/**
 * Splits a PostgreSQL URL with several hosts (`postgresql://user:password@a:5432,b/posts`) into one URL for each host,
 * in order. Returns any other URL as it is.
 */
export function hostUrls(url: string): readonly [string, ...string[]] {
  const [, scheme = "", credentials = "", hosts = "", rest = ""] =
    /^(postgres(?:ql)?:\/\/)([^/?#]*@)?([^/?#]*)(.*)$/s.exec(url) ?? [];
  const [first, ...others] = hosts.split(",").map((host) => scheme + credentials + host + rest);
  return others.length === 0 ? [url] : [first!, ...others];
}
