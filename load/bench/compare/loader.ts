// A process that puts loads on servers, so that what it costs isn't counted among what the bench does meanwhile.
import { run, type Load } from "./load.js";

process.once("disconnect", () => process.exit());
process.on("message", (load: Load) => void run(load).then((outcome) => process.send!(outcome)));
