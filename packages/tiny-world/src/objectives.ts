export { OBJECTIVE_NAMES, tinyWorldObjectives, type ObjectiveCount } from "@uniarm/core/schema";
