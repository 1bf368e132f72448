select 1 as x
where true
  and '{{ var('frist_day') }}' > ''
