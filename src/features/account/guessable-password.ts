/**
 * The most common leaked passwords of at least twelve characters. Shorter ones are refused for their length.
 */
const leaked = new Set(
  `123456789012 1234567890123 12345678901234 123456789012345 1234567890123456 012345678901 987654321012
  123123123123 112233445566 111222333444 102030405060 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc qazwsxedcrfv
  zaq12wsxcde3 qwertyuiop12 qwertyuiop123 qwertyuiop[] qwertyuiopasdf asdfghjkl123 asdfghjklzxc zxcvbnm12345
  qwerty123456 qwerty1234567 qwerty12345678 qwertyqwerty qwer1234asdf q1w2e3r4t5y6 1q2w3e4r5t6y7u 1234qwerasdf
  password1234 password12345 password123456 password123! password1234! password2023 password2024 password2025
  password2026 passwordpassword mypassword123 mypassword1234 p@ssw0rd1234 passw0rd1234 passw0rd123! p@ssword1234
  administrator administrator1 admin1234567 admin123456789 adminadminadmin administrador letmein12345
  letmeinletmein iloveyou1234 iloveyou12345 iloveyouforever iloveyousomuch ilovemyfamily changeme1234
  changemenow1 changemeplease welcome12345 welcome123456 welcome2024! welcome2025! welcome2026! trustno1trustno1
  sunshine1234 princess1234 football1234 baseball1234 superman1234 liverpool123 manchesterunited chocolate123
  unbelievable thunderbirds christopher1 leavemealone letmeinplease whatever1234 abcdefghijkl abcdefghijklm
  abcd1234abcd abc123abc123 abcdef123456 abcdefg12345 a1b2c3d4e5f6 secretsecret supersecret1 supersecret123
  test12345678 testtesttest default12345 correcthorsebatterystaple`.split(/\s+/),
);

/** Reports whether a password is one of the most common ones, in upper or lower case, or a short text repeated. */
export function isGuessablePassword(password: string): boolean {
  const text = password.normalize("NFKC").toLowerCase();
  return leaked.has(text) || /^(.{1,4})\1+$/su.test(text);
}
