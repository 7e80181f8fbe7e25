export { writeJsonLines } from "@uniarm/core";
