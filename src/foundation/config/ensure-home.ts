import { homedir } from "node:os";

// A container's user may have no name and no home. Some libraries look for a home when they are loaded, and fail
// without one.
try {
  homedir();
} catch {
  process.env["HOME"] = "/nonexistent";
}
