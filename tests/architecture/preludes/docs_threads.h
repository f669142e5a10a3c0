int countPrimes(int below);
