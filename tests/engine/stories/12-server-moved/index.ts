// Nothing is declared otherwise, but the server is said to be elsewhere (see the test: there is none).
import { story, successor } from "../base";

story({ successor: { ...successor, comment: "Executions, by symbol" } });
