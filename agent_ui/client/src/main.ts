import "@digital-go-jp/design-tokens/dist/tokens.css";
import "./look/colors.css";
import "./look/base.css";

import { createApp } from "vue";

import App from "./App.vue";
import { router } from "./router";
import { applyTheme } from "./state/theme";

applyTheme();
createApp(App).use(router).mount("#app");
