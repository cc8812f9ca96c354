(* Claims of the textbook as theorems about Adam.v. A theorem has the name of its claim (`adamcheck explain NAME`),
   with underscores, and says what the claim's statement says, or as much of it as is proved here. *)

Require Import Reals Lra Lia Psatz List.
From Coquelicot Require Import Coquelicot.
From Adamcheck Require Import Adam Limits.
Import ListNotations.
Open Scope R_scope.

(* --- the moments ----------------------------------------------------------------------------- *)

Definition run_from (b1 b2 : R) (s : state) (gs : list R) := fold_right (fun g s => next b1 b2 s g) s gs.

Theorem unrolled_sum (b1 b2 : R) (s : state) (gs : list R) :
  first (run_from b1 b2 s gs) = b1 ^ length gs * first s + (1 - b1) * weighted_sum b1 gs
  /\ second (run_from b1 b2 s gs) = b2 ^ length gs * second s + (1 - b2) * weighted_sum b2 (squares gs).
Proof.
  induction gs as [|g gs [M V]]; simpl; [split; ring|]. unfold average. rewrite M, V. split; ring.
Qed.

Lemma average_in_range (beta low high : R) (xs : list R) :
  0 <= beta < 1 -> List.Forall (fun x => low <= x <= high) xs ->
  low * (1 - beta ^ length xs) <= (1 - beta) * weighted_sum beta xs <= high * (1 - beta ^ length xs).
Proof.
  intros B H. induction H as [|x xs [L U] _ [IL IU]]; simpl; [lra|].
  set (w := (1 - beta) * weighted_sum beta xs) in *.
  replace ((1 - beta) * (x + beta * weighted_sum beta xs)) with ((1 - beta) * x + beta * w) by (unfold w; ring).
  assert (beta * (low * (1 - beta ^ length xs)) <= beta * w) by (apply Rmult_le_compat_l; lra).
  assert (beta * w <= beta * (high * (1 - beta ^ length xs))) by (apply Rmult_le_compat_l; lra).
  assert ((1 - beta) * low <= (1 - beta) * x) by (apply Rmult_le_compat_l; lra).
  assert ((1 - beta) * x <= (1 - beta) * high) by (apply Rmult_le_compat_l; lra). lra.
Qed.

Lemma between_after_correction (a low high c : R) : 0 < c -> low * c <= a <= high * c -> low <= a / c <= high.
Proof.
  intros C [L U].
  split; apply Rmult_le_reg_r with c; try exact C; replace (a / c * c) with a by (field; lra); assumption.
Qed.

Theorem moving_average (b1 b2 low high : R) (gs : list R) :
  0 <= b1 < 1 -> gs <> [] -> List.Forall (fun g => low <= g <= high) gs ->
  low <= corrected b1 (first (run b1 b2 gs)) (length gs) <= high.
Proof.
  intros B N H. unfold corrected. rewrite first_moment_in_closed_form. apply between_after_correction.
  - apply correction_positive; [exact B|]. destruct gs; [contradiction | simpl; lia].
  - apply average_in_range; assumption.
Qed.

Theorem corrections_tend_to_one (beta m : R) :
  0 <= beta < 1 ->
  (forall t, (1 <= t)%nat -> corrected beta m t - m = beta ^ t * corrected beta m t)
  /\ is_lim_seq (fun t => 1 - beta ^ t) 1.
Proof.
  intros B. split; [|apply correction_tends_to_one; exact B].
  intros t T. pose proof (correction_positive beta t B T). unfold corrected. field. lra.
Qed.

(* Random gradients, with any expectation: E is linear and does not tell equal variables apart. *)
Fixpoint until (g : nat -> R) (t : nat) : list R :=
  match t with O => [] | S t => g t :: until g t end.

Lemma length_until (g : nat -> R) (t : nat) : length (until g t) = t.
Proof. induction t as [|t IH]; simpl; [reflexivity | rewrite IH; reflexivity]. Qed.

Section Expectation.
Variable outcome : Type.
Variable E : (outcome -> R) -> R.
Hypothesis extensional : forall f h, (forall x, f x = h x) -> E f = E h.
Hypothesis linear : forall a f c h, E (fun x => a * f x + c * h x) = a * E f + c * E h.

Theorem initialization_bias (b1 b2 mean square : R) (g : outcome -> nat -> R) (t : nat) :
  0 <= b1 < 1 -> 0 <= b2 < 1 -> (1 <= t)%nat ->
  (forall i, E (fun x => g x i) = mean) -> (forall i, E (fun x => g x i * g x i) = square) ->
  let m x := first (run b1 b2 (until (g x) t)) in
  let v x := second (run b1 b2 (until (g x) t)) in
  E m = (1 - b1 ^ t) * mean /\ E v = (1 - b2 ^ t) * square
  /\ E (fun x => corrected b1 (m x) t) = mean /\ E (fun x => corrected b2 (v x) t) = square.
Proof.
  intros B1 B2 T M Q m v.
  assert (Z : E (fun _ => 0) = 0).
  { rewrite (extensional (fun _ => 0) (fun x => 0 * (fun _ => 0) x + 0 * (fun _ => 0) x)) by (intros; ring).
    rewrite linear. ring. }
  assert (H : E m = (1 - b1 ^ t) * mean /\ E v = (1 - b2 ^ t) * square).
  { unfold m, v. clear T m v. induction t as [|t [IM IV]]; simpl; [rewrite Z; split; ring|].
    unfold average. rewrite !linear, IM, IV, M, Q. split; ring. }
  destruct H as [HM HV]. repeat split; try assumption; unfold corrected.
  - pose proof (correction_positive b1 t B1 T).
    rewrite (extensional _ (fun x => / (1 - b1 ^ t) * m x + 0 * m x)) by (intros; field; lra).
    rewrite linear, HM. field. lra.
  - pose proof (correction_positive b2 t B2 T).
    rewrite (extensional _ (fun x => / (1 - b2 ^ t) * v x + 0 * v x)) by (intros; field; lra).
    rewrite linear, HV. field. lra.
Qed.

End Expectation.

Lemma weighted_sum_of_plateau (beta x : R) (k : nat) (xs : list R) :
  (1 - beta) * weighted_sum beta (repeat x k ++ xs)
  = (1 - beta ^ k) * x + beta ^ k * ((1 - beta) * weighted_sum beta xs).
Proof.
  induction k as [|k IH]; simpl; [ring|]. rewrite Rmult_plus_distr_l.
  replace ((1 - beta) * (beta * weighted_sum beta (repeat x k ++ xs)))
    with (beta * ((1 - beta) * weighted_sum beta (repeat x k ++ xs))) by ring.
  rewrite IH. ring.
Qed.

Theorem plateau (b1 b2 g : R) (k : nat) (before : list R) :
  0 <= b2 < 1 -> before <> [] ->
  let t := length before in
  let v_hat gs := corrected b2 (second (run b1 b2 gs)) (length gs) in
  v_hat (repeat g k ++ before) - g * g
  = b2 ^ k * ((1 - b2 ^ t) / (1 - b2 ^ (t + k))) * (v_hat before - g * g).
Proof.
  intros B N t v_hat. unfold v_hat, corrected. rewrite !second_moment_in_closed_form, app_length, repeat_length.
  replace (squares (repeat g k ++ before)) with (repeat (g * g) k ++ squares before).
  2: { unfold squares. rewrite map_app. f_equal. induction k as [|k IH]; simpl; [reflexivity | rewrite IH; reflexivity]. }
  rewrite weighted_sum_of_plateau. fold t. set (q := (1 - b2) * weighted_sum b2 (squares before)).
  assert (T : (1 <= t)%nat) by (unfold t; destruct before; [contradiction | simpl; lia]).
  pose proof (correction_positive b2 t B T). pose proof (correction_positive b2 (t + k) B ltac:(lia)).
  replace (k + t)%nat with (t + k)%nat by lia. rewrite pow_add in *. field. lra.
Qed.

Theorem drift_after_the_gradient_vanishes (b1 b2 : R) (gs : list R) :
  0 <= b1 < 1 -> gs <> [] ->
  let t := length gs in
  corrected b1 (first (run b1 b2 (0 :: gs))) (S t)
  = b1 * ((1 - b1 ^ t) / (1 - b1 ^ S t)) * corrected b1 (first (run b1 b2 gs)) t.
Proof.
  intros B N t. assert (T : (1 <= t)%nat) by (unfold t; destruct gs; [contradiction | simpl; lia]).
  pose proof (correction_positive b1 t B T). pose proof (correction_positive b1 (S t) B ltac:(lia)).
  simpl run. simpl first. unfold average, corrected. field. lra.
Qed.

(* --- invariance ------------------------------------------------------------------------------ *)

Theorem loss_scale_invariance (lr b1 b2 eps c : R) (gs : list R) :
  0 <= b2 < 1 -> 0 < c -> 0 < eps ->
  let s := sqrt (corrected b2 (second (run b1 b2 gs)) (length gs)) in
  last_update lr b1 b2 (c * eps) (map (Rmult c) gs) = last_update lr b1 b2 eps gs
  /\ last_update lr b1 b2 eps (map (Rmult c) gs)
     = (s + eps) / (s + eps / c) * last_update lr b1 b2 eps gs.
Proof.
  intros B C E s. split; [apply Adam.loss_scale_invariance; assumption|].
  assert (F : 0 < eps / c) by (apply Rdiv_lt_0_compat; assumption).
  replace eps with (c * (eps / c)) at 1 by (field; lra).
  rewrite Adam.loss_scale_invariance by assumption. unfold last_update, update. rewrite steps_are_counted. fold s.
  assert (0 <= s) by apply sqrt_pos. unfold Rdiv at 1 4. set (n := lr * corrected b1 (first (run b1 b2 gs)) (length gs)).
  field. repeat split; try lra. assert (0 <= s * c) by (apply Rmult_le_pos; lra). lra.
Qed.

Definition signed (s : R) (gs : list R) := map (Rmult s) gs.

Theorem signed_permutations (lr b1 b2 eps : R) (coordinates : list (list R)) (order : list (R * nat)) :
  List.Forall (fun each => fst each = 1 \/ fst each = -1) order ->
  updates lr b1 b2 eps (map (fun each => signed (fst each) (nth (snd each) coordinates [])) order)
  = map (fun each => fst each * nth (snd each) (updates lr b1 b2 eps coordinates) (last_update lr b1 b2 eps [])) order.
Proof.
  intros H. unfold updates. rewrite map_map. apply map_ext_in. intros [s i] I. simpl.
  rewrite Forall_forall in H. specialize (H (s, i) I). simpl in H.
  rewrite (map_nth (last_update lr b1 b2 eps) coordinates [] i). unfold signed.
  destruct H as [-> | ->].
  - rewrite Rmult_1_l. f_equal. rewrite <- map_id. apply map_ext. intros. ring.
  - replace (map (Rmult (-1)) (nth i coordinates [])) with (map Ropp (nth i coordinates []))
      by (apply map_ext; intros; ring).
    rewrite sign_equivariance. ring.
Qed.

Theorem master_learning_rate (lr b1 b2 eps c : R) (gs : list R) :
  last_update (c * lr) b1 b2 eps gs = c * last_update lr b1 b2 eps gs.
Proof. apply learning_rate_scales_the_update. Qed.

(* --- preconditioning ------------------------------------------------------------------------- *)

(* The update is the only minimiser of a quadratic model. *)
Theorem preconditioner (lr b1 b2 eps : R) (gs : list R) (d : R) :
  0 < lr -> 0 < eps ->
  let m := corrected b1 (first (run b1 b2 gs)) (length gs) in
  let G := sqrt (corrected b2 (second (run b1 b2 gs)) (length gs)) + eps in
  let model x := m * x + / (2 * lr) * (G * (x * x)) in
  let step := last_update lr b1 b2 eps gs in
  0 < G /\ step = - (lr * / G * m) /\ (d <> step -> model step < model d).
Proof.
  intros L E m G model step. assert (P : 0 < G) by (unfold G; pose proof (sqrt_pos (corrected b2 (second (run b1 b2 gs)) (length gs))); lra).
  assert (Q : step = - (lr * / G * m)).
  { unfold step, last_update, update. rewrite steps_are_counted. fold m G. field. lra. }
  repeat split; try assumption. intros N.
  assert (S : model d = model step + G / (2 * lr) * ((d - step) * (d - step))).
  { unfold model. rewrite Q. field. lra. }
  rewrite S. assert (0 < G / (2 * lr)) by (apply Rdiv_lt_0_compat; lra).
  assert (0 < (d - step) * (d - step)) by (apply Rsqr_pos_lt; lra).
  assert (0 < G / (2 * lr) * ((d - step) * (d - step))) by (apply Rmult_lt_0_compat; assumption). lra.
Qed.

Theorem effective_rate_cap (lr b1 b2 eps : R) (gs : list R) :
  0 < lr -> 0 < eps -> lr / (sqrt (corrected b2 (second (run b1 b2 gs)) (length gs)) + eps) <= lr / eps.
Proof.
  intros L E. pose proof (sqrt_pos (corrected b2 (second (run b1 b2 gs)) (length gs))).
  apply Rmult_le_compat_l; [lra|]. apply Rinv_le_contravar; lra.
Qed.

(* --- the size of the update ------------------------------------------------------------------ *)

Theorem eps_regimes (lr b1 b2 eps g : R) (t : nat) :
  0 < lr -> 0 <= b1 < 1 -> 0 <= b2 < 1 -> 0 < eps -> (1 <= t)%nat ->
  let size := Rabs (last_update lr b1 b2 eps (repeat g t)) in
  size = lr * Rabs g / (Rabs g + eps)
  /\ lr * Rabs g / eps - size = Rabs g / (Rabs g + eps) * (lr * Rabs g / eps)
  /\ lr - size = eps / (Rabs g + eps) * lr.
Proof.
  intros L B1 B2 E T size. pose proof (Rabs_pos g).
  assert (S : size = lr * Rabs g / (Rabs g + eps)).
  { unfold size. rewrite update_of_constant_gradients by assumption.
    rewrite Rabs_Ropp. unfold Rdiv. rewrite !Rabs_mult, (Rabs_pos_eq lr), Rabs_inv by lra.
    rewrite (Rabs_pos_eq (Rabs g + eps)) by lra. reflexivity. }
  rewrite S. repeat split; field; lra.
Qed.

Theorem sign_descent_limit (lr eps g : R) (before : list R) :
  0 < eps ->
  last_update lr 0 0 eps (g :: before) = - (lr * g / (Rabs g + eps))
  /\ (0 < lr -> lr - Rabs (last_update lr 0 0 eps (g :: before)) = lr * eps / (Rabs g + eps)).
Proof.
  intros E. pose proof (Rabs_pos g).
  assert (U : last_update lr 0 0 eps (g :: before) = - (lr * g / (Rabs g + eps))).
  { assert (C : forall m n, corrected 0 m (S n) = m)
      by (intros m n; unfold corrected; replace (0 ^ S n) with 0 by (simpl; ring); field).
    unfold last_update, update. rewrite steps_are_counted. cbn [length run next step first second].
    rewrite !C. unfold average. rewrite <- (sqrt_Rsqr_abs g). unfold Rsqr.
    replace (0 * first (run 0 0 before) + (1 - 0) * g) with g by ring.
    replace (0 * second (run 0 0 before) + (1 - 0) * (g * g)) with (g * g) by ring. reflexivity. }
  split; [exact U|]. intros L. rewrite U, Rabs_Ropp. unfold Rdiv.
  rewrite !Rabs_mult, (Rabs_pos_eq lr), Rabs_inv, (Rabs_pos_eq (Rabs g + eps)) by lra. field. lra.
Qed.

(* Without eps, a constant gradient moves by the rate, and one after silence by more where 1 - b1 > sqrt (1 - b2). *)
Theorem update_magnitude (lr b1 b2 g : R) (t : nat) :
  0 < lr -> 0 <= b1 < 1 -> 0 <= b2 < 1 -> (1 <= t)%nat -> g <> 0 ->
  Rabs (last_update lr b1 b2 0 (repeat g t)) = lr
  /\ Rabs (last_update lr b1 b2 0 (g :: repeat 0 (t - 1)))
     = lr * ((1 - b1) / (1 - b1 ^ t)) * sqrt ((1 - b2 ^ t) / (1 - b2)).
Proof.
  intros L B1 B2 T G. split; [apply update_of_signs; assumption|].
  unfold last_update, update. rewrite steps_are_counted.
  destruct t as [|t]; [lia|]. replace (S t - 1)%nat with t by lia.
  cbn [length run next first second]. rewrite repeat_length.
  destruct (moment_of_constant_gradients b1 b2 0 t) as [M V]. rewrite M, V.
  pose proof (correction_positive b1 (S t) B1 ltac:(lia)) as C1.
  pose proof (correction_positive b2 (S t) B2 ltac:(lia)) as C2. unfold corrected, average.
  replace (b2 * ((1 - b2 ^ t) * (0 * 0)) + (1 - b2) * (g * g)) with (g * g * (1 - b2)) by ring.
  replace (b1 * ((1 - b1 ^ t) * 0) + (1 - b1) * g) with (g * (1 - b1)) by ring.
  replace (g * g * (1 - b2) / (1 - b2 ^ S t)) with (g * g * / ((1 - b2 ^ S t) / (1 - b2))) by (field; lra).
  assert (Q : 0 < (1 - b2 ^ S t) / (1 - b2)) by (apply Rdiv_lt_0_compat; lra).
  pose proof (Rinv_0_lt_compat _ Q). pose proof (sqrt_lt_R0 _ Q) as S0. pose proof (Rabs_pos_lt g G) as A.
  rewrite Rplus_0_r, sqrt_mult_alt by apply Rle_0_sqr. replace (sqrt (g * g)) with (Rabs g) by (symmetry; apply sqrt_Rsqr_abs).
  rewrite (sqrt_inv ((1 - b2 ^ S t) / (1 - b2))).
  set (q := sqrt ((1 - b2 ^ S t) / (1 - b2))) in *. rewrite Rabs_Ropp.
  replace (lr * (g * (1 - b1) / (1 - b1 ^ S t)) / (Rabs g * / q))
    with (g * (lr * ((1 - b1) / (1 - b1 ^ S t)) * q / Rabs g)) by (field; lra).
  rewrite Rabs_mult, (Rabs_pos_eq (lr * _ * q / Rabs g)).
  - field. lra.
  - assert (0 < (1 - b1) / (1 - b1 ^ S t)) by (apply Rdiv_lt_0_compat; lra).
    left. apply Rdiv_lt_0_compat; [|exact A]. apply Rmult_lt_0_compat; [apply Rmult_lt_0_compat; lra | exact S0].
Qed.

(* Gradients that grow by beta2 / beta1 with every step; the latest is 1. *)
Fixpoint growing (q : R) (t : nat) : list R :=
  match t with O => [] | S t => 1 :: map (Rmult q) (growing q t) end.

Lemma sum_of_growing (beta q : R) (t : nat) : weighted_sum beta (growing q t) = weights (beta * q) t.
Proof.
  assert (H : forall c xs, weighted_sum beta (map (Rmult c) xs) = c * weighted_sum beta xs).
  { intros c xs. induction xs as [|x xs IH]; simpl; [ring | rewrite IH; ring]. }
  induction t as [|t IH]; simpl; [reflexivity | rewrite H, IH; ring].
Qed.

Lemma squares_of_growing (q : R) (t : nat) : squares (growing q t) = growing (q * q) t.
Proof.
  unfold squares. induction t as [|t IH]; simpl; [reflexivity|]. rewrite Rmult_1_r. f_equal.
  rewrite <- IH, !map_map. apply map_ext. intros. ring.
Qed.

Lemma length_of_growing (q : R) (t : nat) : length (growing q t) = t.
Proof. induction t as [|t IH]; simpl; [reflexivity | rewrite map_length, IH; reflexivity]. Qed.

Definition largest_square (b1 b2 : R) (t : nat) :=
  (1 - b1) * (1 - b1) * (1 - b2 ^ t) / ((1 - b1 ^ t) * (1 - b1 ^ t) * (1 - b2)) * weights (b1 * b1 / b2) t.

(* No gradients exceed it, and some reach it. *)
Theorem tight_bound (b1 b2 : R) (t : nat) :
  0 < b1 < 1 -> 0 < b2 < 1 -> (1 <= t)%nat ->
  let m_hat gs := corrected b1 (first (run b1 b2 gs)) (length gs) in
  let v_hat gs := corrected b2 (second (run b1 b2 gs)) (length gs) in
  (forall gs, length gs = t -> m_hat gs * m_hat gs <= largest_square b1 b2 t * v_hat gs)
  /\ exists gs, length gs = t /\ 0 < v_hat gs /\ m_hat gs * m_hat gs = largest_square b1 b2 t * v_hat gs.
Proof.
  intros B1 B2 T m_hat v_hat. unfold m_hat, v_hat, corrected, largest_square.
  pose proof (correction_positive b1 t ltac:(lra) T) as C1. pose proof (correction_positive b2 t ltac:(lra) T) as C2.
  set (w := weights (b1 * b1 / b2) t). split.
  - intros gs N. rewrite N, first_moment_in_closed_form, second_moment_in_closed_form.
    destruct (cauchy_schwarz b1 b2 gs ltac:(lra) ltac:(lra)) as [CS _]. rewrite N in CS. fold w in CS.
    set (s := weighted_sum b1 gs) in *. set (q := weighted_sum b2 (squares gs)) in *.
    replace ((1 - b1) * s / (1 - b1 ^ t) * ((1 - b1) * s / (1 - b1 ^ t)))
      with ((1 - b1) * (1 - b1) / ((1 - b1 ^ t) * (1 - b1 ^ t)) * (s * s)) by (field; lra).
    replace ((1 - b1) * (1 - b1) * (1 - b2 ^ t) / ((1 - b1 ^ t) * (1 - b1 ^ t) * (1 - b2)) * w * ((1 - b2) * q / (1 - b2 ^ t)))
      with ((1 - b1) * (1 - b1) / ((1 - b1 ^ t) * (1 - b1 ^ t)) * (w * q)) by (field; lra).
    apply Rmult_le_compat_l; [|exact CS]. apply Rmult_le_pos; [nra | left; apply Rinv_0_lt_compat; nra].
  - exists (growing (b1 / b2) t).
    rewrite length_of_growing, first_moment_in_closed_form, second_moment_in_closed_form, squares_of_growing, !sum_of_growing.
    replace (b1 * (b1 / b2)) with (b1 * b1 / b2) by (field; lra).
    replace (b2 * (b1 / b2 * (b1 / b2))) with (b1 * b1 / b2) by (field; lra). fold w.
    assert (R0 : 0 <= b1 * b1 / b2) by (apply Rmult_le_pos; [nra | left; apply Rinv_0_lt_compat; lra]).
    assert (W : 0 < w).
    { unfold w. destruct t as [|n]; [lia|]. simpl. pose proof (weights_positive (b1 * b1 / b2) n R0).
      assert (0 <= b1 * b1 / b2 * weights (b1 * b1 / b2) n) by (apply Rmult_le_pos; assumption). lra. }
    repeat split; [|field; lra]. apply Rdiv_lt_0_compat; [apply Rmult_lt_0_compat; lra | exact C2].
Qed.
