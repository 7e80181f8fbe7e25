import { useMutation } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { useEffect, useState } from "react";
import { BASE } from "../api/base.ts";
import { logIn } from "../api/session.ts";
import { Button } from "../components/button.tsx";
import { Input } from "../components/input.tsx";

/** Pages of this site only: a link cannot send one elsewhere after the login. */
const ownPath = (to: string | undefined): string => (to?.startsWith("/") && !to.startsWith("//") ? to : "/");

export function LoginPage() {
  const { to } = useSearch({ from: "/login" });
  const router = useRouter();
  const [key, setKey] = useState("");
  const login = useMutation({
    mutationFn: logIn,
    onSuccess: () => {
      setKey("");
      router.history.push(`${BASE}${ownPath(to)}`);
    },
    meta: { quiet: true },
  });
  useEffect(() => {
    document.title = "Log in · UniARM";
  }, []);
  return (
    <main className="flex min-h-dvh items-center justify-center p-4">
      <form
        className="flex w-full max-w-sm flex-col gap-4 rounded-xl border border-line bg-surface p-6 shadow-sm"
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim() !== "") login.mutate(key.trim());
        }}
      >
        <div className="flex items-center gap-3">
          <img src={`${BASE}/icon.svg`} alt="" className="size-9" />
          <h1 className="text-xl font-semibold">UniARM</h1>
        </div>
        <div className="flex flex-col gap-1.5">
          <label htmlFor="key" className="font-medium">
            Key
          </label>
          <Input
            id="key"
            type="password"
            autoComplete="current-password"
            autoFocus
            required
            value={key}
            onChange={(event) => setKey(event.target.value)}
            aria-invalid={login.isError}
            aria-describedby="key-help"
          />
          <p id="key-help" className="text-muted">
            The first start of <code className="font-mono">uniarm serve</code> prints one;{" "}
            <code className="font-mono">uniarm keys create</code> makes more.
          </p>
          {login.isError && (
            <p role="alert" className="text-bad">
              {login.error.message}
            </p>
          )}
        </div>
        <Button look="primary" type="submit" busy={login.isPending} className="justify-center">
          <KeyRound aria-hidden />
          Log in
        </Button>
      </form>
    </main>
  );
}
