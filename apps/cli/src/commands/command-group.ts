import { Command } from "commander";

/** A command that only has commands of its own. */
export function commandGroup(name: string, description: string, children: readonly Command[]): Command {
  const group = new Command(name).description(description);
  for (const child of children) group.addCommand(child);
  return group;
}
