import { BASE } from "../api/base.ts";
import { Link } from "@tanstack/react-router";
import { DESTINATIONS } from "./navigation.ts";

export function Navigation({ onGo }: { onGo?: () => void }) {
  return (
    <>
      <Link to="/" onClick={onGo} className="flex h-14 items-center gap-2.5 px-4 text-base font-semibold">
        <img src={`${BASE}/icon.svg`} alt="" className="size-7" />
        UniARM
      </Link>
      <nav aria-label="Pages" className="px-2 py-2">
        <ul className="flex flex-col gap-0.5">
          {DESTINATIONS.map(({ to, label, icon: Icon }) => (
            <li key={to}>
              <Link
                to={to}
                onClick={onGo}
                activeOptions={{ exact: to === "/", includeSearch: false }}
                className="flex h-9 items-center gap-3 rounded-md px-3 font-medium text-muted hover:bg-sunken hover:text-ink data-[status=active]:bg-accent-soft data-[status=active]:text-accent"
              >
                <Icon aria-hidden className="size-4.5" />
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
    </>
  );
}
