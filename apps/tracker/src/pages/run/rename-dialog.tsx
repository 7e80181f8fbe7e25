import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Input } from "../../components/input.tsx";

export interface RenameDialogProps {
  name: string;
  onClose: () => void;
  onName: (name: string) => void;
}

export function RenameDialog({ name, onClose, onName }: RenameDialogProps) {
  const [draft, setDraft] = useState(name);
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())} title="Rename the run">
      <form
        className="flex gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (draft.trim() !== "") onName(draft.trim());
        }}
      >
        <Input aria-label="Name" maxLength={200} value={draft} onChange={({ target }) => setDraft(target.value)} />
        <Button type="submit" look="primary" disabled={draft.trim() === ""}>
          Rename
        </Button>
      </form>
    </Dialog>
  );
}
