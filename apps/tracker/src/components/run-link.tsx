import { Link } from "@tanstack/react-router";
import { classes } from "./classes.ts";

export function RunLink({ id, name, className }: { id: string; name: string; className?: string }) {
  return (
    <Link
      to="/runs/$id"
      params={{ id }}
      className={classes("font-medium text-accent underline-offset-2 hover:underline", className)}
    >
      {name}
    </Link>
  );
}
