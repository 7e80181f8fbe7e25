import { ClipboardCopy } from "lucide-react";
import { csvOf } from "../text/csv.ts";
import { flatTable, latexOf, markdownOf, type CopyTable } from "../text/copy-table.ts";
import { Button } from "./button.tsx";
import { Menu } from "./menu.tsx";
import { toast } from "./toast.tsx";

/** A table for elsewhere. */
export function CopyTableMenu({ table, label }: { table: () => CopyTable; label: string }) {
  // the text may still be on its way: Safari lets a page copy only what it names within the press
  const copy = async (text: string | Promise<string>): Promise<void> => {
    const blob = Promise.resolve(text).then((content) => new Blob([content], { type: "text/plain" }));
    try {
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
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
