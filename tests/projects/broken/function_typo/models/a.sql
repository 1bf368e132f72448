select
    substrr('abc', 1) as x
