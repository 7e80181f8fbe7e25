import { ClipboardCopy } from "lucide-react";
import { csvOf } from "../text/csv.ts";
import { flatTable, latexOf, markdownOf, type CopyTable } from "../text/copy-table.ts";
import { Button } from "./button.tsx";
import { Menu } from "./menu.tsx";
import { toast } from "./toast.tsx";

/** A table for elsewhere. */
export function CopyTableMenu({ table, label }: { table: () => CopyTable; label: string }) {
  const copy = async (text: string): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      toast.done("Copied.");
    } catch {
      toast.error("The browser does not let this page copy.");
    }
  };
  return (
    <Menu
      label={label}
      items={[
        { label: "As Markdown", onSelect: () => void copy(markdownOf(table())) },
        { label: "As LaTeX", onSelect: () => void copy(latexOf(table())) },
        { label: "As CSV", onSelect: () => void copy(csvOf(flatTable(table()))) },
      ]}
    >
      <Button aria-label={label}>
        <ClipboardCopy aria-hidden />
        Copy
      </Button>
    </Menu>
  );
}
