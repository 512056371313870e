import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes, type KeyObject } from "node:crypto";

import type { Keyring, SigningKey } from "../../foundation/config/signing-keys.js";
import { badUserInput } from "../../foundation/errors.js";
import type { EventMark } from "./event.js";

/**
 * A place in the event log, and the time at which its cursor was issued, in milliseconds since 1970. A cursor of
 * release 0.2 doesn't name the event at its place.
 */
export type EventPosition = Pick<EventMark, "seq"> & Partial<EventMark> & { readonly issuedAt: number };

/**
 * The cursors of the event log. Event numbers reveal how many events a client can't see, so each cursor is encrypted,
 * with a new nonce each time.
 */
export type EventCursors = {
  readonly seal: (mark: EventMark, issuedAt: number) => string;
  /**
   * @returns undefined for a cursor that was sealed with a key that is no longer in use.
   * @throws KnownError `BAD_USER_INPUT` for any other text.
   */
  readonly open: (cursor: string) => EventPosition | undefined;
};

const cipher = "aes-128-gcm";
const nonceBytes = 12;
const tagBytes = 16;
const bytesOfNumber = 8;
// Four numbers in 80 characters. The cursors of release 0.2, which are accepted until 0.4, have two numbers in 59.
const cursorForm = /^([\w-]{80}|[\w-]{59})$/;

export function eventCursors({ newest, byId }: Keyring): EventCursors {
  const sealingKey = sealingKeyOf(newest)!;
  const openingKeys = [...byId.values()].map(sealingKeyOf).filter((key) => key !== undefined);
  return {
    seal({ seq, id, at }, issuedAt) {
      const nonce = randomBytes(nonceBytes);
      const sealing = createCipheriv(cipher, sealingKey, nonce);
      const numbers = [seq, issuedAt, id, at];
      const position = Buffer.alloc(numbers.length * bytesOfNumber);
      for (const [index, number] of numbers.entries()) position.writeDoubleBE(number, index * bytesOfNumber);
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
        return positionIn(position);
      }
      return undefined;
    },
  };
}

function positionIn(bytes: Buffer): EventPosition {
  const number = (index: number) => bytes.readDoubleBE(index * bytesOfNumber);
  const position = { seq: number(0), issuedAt: number(1) };
  return bytes.length === 2 * bytesOfNumber ? position : { ...position, id: number(2), at: number(3) };
}

/**
 * Derives the key for cursors from a signing key, the same in every process; undefined if only its public key is known.
 */
function sealingKeyOf({ signWith }: Pick<SigningKey, "signWith">): KeyObject | undefined {
  if (signWith === undefined) return undefined;
  const secret = signWith.type === "secret" ? signWith.export() : signWith.export({ type: "pkcs8", format: "der" });
  return createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", "postern event cursors", 16)));
}
