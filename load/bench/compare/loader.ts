// A process that puts loads on servers, so that its own work isn't counted with the bench's.
import { run, type Load } from "./load.js";

process.once("disconnect", () => process.exit());
process.on("message", (load: Load) => void run(load).then((outcome) => process.send!(outcome)));
