import { setFlagsFromString } from "node:v8";

/**
 * Has V8 use less memory and less time to free it than by default (decision 36).
 *
 * V8 looks for garbage before there is more of it than of what is in use. It would let it grow to several times as much,
 * and give little of that back; so this costs a hundredth more of a page's processor time. And no object is made
 * among the old ones because others like it have lived long: all that such an object refers to would live as long.
 */
export function tuneHeap(): void {
  setFlagsFromString("--heap-growing-percent=30");
  setFlagsFromString("--no-allocation-site-pretenuring");
}
