"""Bad input: a corpus, command lines made up from the commands themselves, and the parsers in a fuzzer's hands."""
