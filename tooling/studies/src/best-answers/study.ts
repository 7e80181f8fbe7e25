import { STUDY_TEMPLATES, StudyConfig } from "@uniarm/pipeline/schema";
import { methodStudy } from "../method-study.ts";

/** UniARM's adapter with other modulations: of one bottleneck for all modules, about as many numbers in all; further apart at first; larger. */
const MODULATIONS = {
  "uniarm-shared": { rank: 14, alpha: 28, modulationGenerator: "shared" },
  "uniarm-init-3": { modulationInit: 3 },
  "uniarm-shared-init-3": { rank: 14, alpha: 28, modulationGenerator: "shared", modulationInit: 3 },
  "uniarm-13": { rank: 13, alpha: 26 },
};

/** The methods that are trained by imitation, small adapters, and UniARM with other modulations. */
export function bestAnswersStudy(objectives: 2 | 3, seed: number): StudyConfig {
  const study = methodStudy(objectives, seed);
  const capacity = StudyConfig.parse(STUDY_TEMPLATES.find(({ name }) => name === "capacity")!.config);
  const byImitation = study.methods.filter(({ training }) => training.recipe === "imitation");
  const uniarm = byImitation.find(({ name }) => name === "uniarm")!;
  const modulated = Object.entries(MODULATIONS).map(([name, adapter]) => ({
    ...uniarm,
    name,
    training: { ...uniarm.training, adapter: { ...(uniarm.training.adapter as object), ...adapter } },
  }));
  return StudyConfig.parse({ ...study, methods: [...byImitation, ...capacity.methods, ...modulated] });
}
