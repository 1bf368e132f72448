select 1 as x, 'one' as word
