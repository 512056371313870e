import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes, type KeyObject } from "node:crypto";

import type { Keyring, SigningKey } from "../config/signing-keys.js";
import { badUserInput } from "../errors.js";

/** A place in the event log, and when it was given out; in milliseconds since 1970. */
export type EventPosition = { readonly seq: number; readonly issuedAt: number };

/** Cursors of the event log. Places are counted over what nobody may see too, so each is sealed, and no two are alike. */
export type EventCursors = {
  readonly seal: (position: EventPosition) => string;
  /**
   * @returns undefined for one that was sealed by a key which is no longer there.
   * @throws KnownError `BAD_USER_INPUT` for what never was one.
   */
  readonly open: (cursor: string) => EventPosition | undefined;
};

const cipher = "aes-128-gcm";
const nonceBytes = 12;
const tagBytes = 16;
const positionBytes = 16;
const cursorForm = /^[\w-]{59}$/;

export function eventCursors({ newest, byId }: Keyring): EventCursors {
  const sealingKey = sealingKeyOf(newest)!;
  const openingKeys = [...byId.values()].map(sealingKeyOf).filter((key) => key !== undefined);
  return {
    seal({ seq, issuedAt }) {
      const nonce = randomBytes(nonceBytes);
      const sealing = createCipheriv(cipher, sealingKey, nonce);
      const position = Buffer.alloc(positionBytes);
      position.writeDoubleBE(seq, 0);
      position.writeDoubleBE(issuedAt, 8);
      return Buffer.concat([nonce, sealing.update(position), sealing.final(), sealing.getAuthTag()]).toString(
        "base64url",
      );
    },
    open(cursor) {
      if (!cursorForm.test(cursor))
        throw badUserInput([{ path: ["after"], message: "must be the cursor of an event" }]);
      const bytes = Buffer.from(cursor, "base64url");
      for (const key of openingKeys) {
        const opening = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes));
        opening.setAuthTag(bytes.subarray(-tagBytes));
        const position = opening.update(bytes.subarray(nonceBytes, -tagBytes));
        try {
          opening.final();
        } catch {
          continue;
        }
        return { seq: position.readDoubleBE(0), issuedAt: position.readDoubleBE(8) };
      }
      return undefined;
    },
  };
}

/** A key for cursors, alike in every process that has the signing key; undefined where only its public half is known. */
function sealingKeyOf({ signWith }: Pick<SigningKey, "signWith">): KeyObject | undefined {
  if (signWith === undefined) return undefined;
  const secret = signWith.type === "secret" ? signWith.export() : signWith.export({ type: "pkcs8", format: "der" });
  return createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", "postern event cursors", 16)));
}
