/** The door for servers and pages: what a site asks for, without Slurm itself and without files. */
export { offerOf, SlurmOffer, type Offered } from "./offer.ts";
export { Resources, Site } from "./site.ts";
export { COUNTED, gpusOf } from "./steps.ts";
export { secondsOf } from "./time.ts";
