import { Command } from "commander";

/** A command that only has commands of its own; each of them reports its errors as the program does. */
export function commandGroup(name: string, description: string, children: readonly Command[]): Command {
  const group = new Command(name).description(description);
  for (const child of children)
    group.addCommand(child.exitOverride().showHelpAfterError("(add --help for the settings)"));
  return group;
}
