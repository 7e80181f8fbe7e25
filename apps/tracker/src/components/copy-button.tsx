import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { Button } from "./button.tsx";
import { toast } from "./toast.tsx";

const SHOWN_MS = 1500;

export function CopyButton({ text, label, children }: { text: () => string; label?: string; children?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      setCopied(true);
      setTimeout(() => setCopied(false), SHOWN_MS);
    } catch {
      toast.error("The browser does not let this page copy. Select the text and press Ctrl+C.");
    }
  };
  return (
    <Button
      size="small"
      look={children === undefined ? "ghost" : "plain"}
      aria-label={label}
      onClick={() => void copy()}
    >
      {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
      {children}
    </Button>
  );
}
