import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  retainSearchParams,
  stripSearchParams,
} from "@tanstack/react-router";
import { BASE } from "../api/base.ts";
import { queries } from "../api/queries.ts";
import { queryClient } from "../api/query-client.ts";
import { ErrorPage } from "./error-page.tsx";
import { Layout } from "./layout.tsx";
import { LoginPage } from "./login-page.tsx";
import { NotFoundPage } from "./not-found-page.tsx";
import { PendingPage } from "./pending-page.tsx";
import {
  CompareSearch,
  DEFAULT_PROJECT,
  FrontSearch,
  FrontsSearch,
  LaunchSearch,
  LoginSearch,
  PlaygroundSearch,
  RootSearch,
  RunSearch,
  RunsSearch,
  SettingsSearch,
} from "./search.ts";
import { parseSearch, searchText } from "./search-text.ts";

const root = createRootRoute({
  component: Outlet,
  validateSearch: RootSearch,
  search: { middlewares: [retainSearchParams(["project"]), stripSearchParams({ project: DEFAULT_PROJECT })] },
  notFoundComponent: NotFoundPage,
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: LoginSearch,
  component: LoginPage,
});

/** Everything that needs a session: the frame around the pages. */
const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: Layout,
  beforeLoad: async ({ location }) => {
    const isNobody = await queryClient.ensureQueryData(queries.me()).then(
      (me) => me === null,
      () => false, // the server is away: the page says so
    );
    if (isNobody) redirect({ to: "/login", search: { to: location.href }, throw: true });
  },
});

const page = <const Path extends string>(path: Path) => ({ getParentRoute: () => shell, path });

const overview = createRoute({
  ...page("/"),
  component: lazyRouteComponent(() => import("../pages/overview/overview-page.tsx"), "OverviewPage"),
});
const launch = createRoute({
  ...page("/launch"),
  validateSearch: LaunchSearch,
  component: lazyRouteComponent(() => import("../pages/launch/launch-page.tsx"), "LaunchPage"),
});
const runs = createRoute({
  ...page("/runs"),
  validateSearch: RunsSearch,
  component: lazyRouteComponent(() => import("../pages/run-list/run-list-page.tsx"), "RunListPage"),
});
const trash = createRoute({
  ...page("/trash"),
  component: lazyRouteComponent(() => import("../pages/trash/trash-page.tsx"), "TrashPage"),
});
const run = createRoute({
  ...page("/runs/$id"),
  validateSearch: RunSearch,
  component: lazyRouteComponent(() => import("../pages/run/run-page.tsx"), "RunPage"),
});
const compare = createRoute({
  ...page("/compare"),
  validateSearch: CompareSearch,
  component: lazyRouteComponent(() => import("../pages/compare/compare-page.tsx"), "ComparePage"),
});
const fronts = createRoute({
  ...page("/fronts"),
  validateSearch: FrontsSearch,
  component: lazyRouteComponent(() => import("../pages/fronts/fronts-page.tsx"), "FrontsPage"),
});
const front = createRoute({
  ...page("/fronts/$id"),
  validateSearch: FrontSearch,
  component: lazyRouteComponent(() => import("../pages/fronts/front-page.tsx"), "FrontPage"),
});
const playground = createRoute({
  ...page("/playground"),
  validateSearch: PlaygroundSearch,
  component: lazyRouteComponent(() => import("../pages/playground/playground-page.tsx"), "PlaygroundPage"),
});
const settings = createRoute({
  ...page("/settings"),
  validateSearch: SettingsSearch,
  component: lazyRouteComponent(() => import("../pages/settings/settings-page.tsx"), "SettingsPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    login,
    shell.addChildren([overview, launch, runs, trash, run, compare, fronts, front, playground, settings]),
  ]),
  basepath: BASE || "/",
  defaultPreload: "intent",
  defaultErrorComponent: ErrorPage,
  defaultPendingComponent: PendingPage,
  defaultPendingMs: 150,
  scrollRestoration: true,
  parseSearch,
  stringifySearch: searchText,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
