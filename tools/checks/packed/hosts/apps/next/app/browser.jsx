'use client';

import { useEffect } from 'react';
import { train } from '../program.js';

export function Browser({ server }) {
  useEffect(() => {
    const show = (result) => (document.body.dataset.result = JSON.stringify(result));
    train().then(
      (page) => show({ server, page }),
      (error) => show({ error: String(error.stack ?? error) }),
    );
  }, [server]);
  return <p>{JSON.stringify(server)}</p>;
}
