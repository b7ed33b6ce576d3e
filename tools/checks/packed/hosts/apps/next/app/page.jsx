import { train } from '../program.js';
import { Browser } from './browser.jsx';

export const dynamic = 'force-dynamic';

// Trains on the server for every request, and once more in the browser.
export default async function Page() {
  return <Browser server={await train()} />;
}
