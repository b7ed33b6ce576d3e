// Models, training and evaluation: the whole framework behind one import.
import './setup.ts';
